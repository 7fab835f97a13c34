"""Buyers in a rush see what the platform shows; stock behind a seller's back and what is shown."""


def wait_for_job(server):
	while (job := server.ask("load"))["state"] == "running":
		pass
	return job


def open_shops(server, stock: int) -> list[str]:
	shops = [server.create_shop(platform, listings=0)["shop_id"] for platform in ("Taobao", "Douyin")]
	for shop_id in shops:
		row = {"title": "Goods", "price": 990, "outer_id": "A", "stock": stock}
		server.ask(f"shops/{shop_id}/listings", row, status=201)
	return shops


def rush(server, shops: list[str], **values) -> dict:
	body = {"buyers": 40, "per_s": 1000, "shops": shops, "outer_ids": ["A"], "seed": 3, **values}
	server.ask("rush", body, status=202)
	return wait_for_job(server)


def test_buyers_buy_what_is_shown_and_no_more(server):
	shops = open_shops(server, stock=12)

	job = rush(server, shops)

	assert (job["state"], job["orders"], job["turned_away"]) == ("done", 24, 16)
	orders = server.ask("truth")["orders"]
	assert len(orders) == 24
	assert {order["state"] for order in orders} == {"paid"}
	assert server.ask("stock")[shops[0]]["A"][0] == server.ask("stock")[shops[1]]["A"][0] == 0


def test_the_seed_decides_who_comes(server):
	sold = []
	for _time in range(2):
		shops = open_shops(server, stock=1000)
		rush(server, shops, most_pieces=2)
		orders = sorted(
			server.ask("truth")["orders"], key=lambda order: (order["paid_at"], order["order_no"])
		)
		sold.append(
			[
				sum(line["qty"] for order in orders if order["shop_id"] == shop_id for line in order["lines"])
				for shop_id in shops
			]
		)
		server.ask("reset", {})
	assert sold[0] == sold[1]
	assert 40 < sum(sold[0]) < 80


def test_goods_that_a_shop_lacks_are_refused(server):
	shops = open_shops(server, stock=1)
	job = rush(server, shops, outer_ids=["B"])
	assert (job["state"], job["orders"]) == ("failed", 0)
	assert "unknown_listing" in job["error"]


def test_stock_changed_in_the_back_office_is_shown_with_its_time(server):
	first, second = open_shops(server, stock=5)
	before = server.ask("stock")[first]["A"]

	changed = server.ask(f"shops/{first}/listings", {"stock": {"A": 77}}, method="PATCH")

	assert [row["stock"] for row in changed["listings"]] == [77]
	after = server.ask("stock")
	assert after[first]["A"][0] == 77
	assert after[first]["A"][1] > before[1]
	assert after[second]["A"][0] == 5
	refused = server.ask(f"shops/{first}/listings", {"stock": {"A": -1}}, method="PATCH", status=400)
	assert refused["error"] == "bad_quantity"
