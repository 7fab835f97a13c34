"""No mask tells more than its rule allows, whatever people type."""

import string

from hypothesis import assume, example, given
from hypothesis import strategies as st

from storegroup_oms.customers.masking import (
	get_tail,
	is_masked,
	mask_address,
	mask_mobile,
	mask_name,
	normalise_mobile,
)
from storegroup_oms.tests.compat import UnitTest

mobiles = st.builds(
	"1{}{}".format, st.sampled_from("3456789"), st.text(string.digits, min_size=9, max_size=9)
)
numbers = st.text(string.digits, min_size=1, max_size=18)
texts = st.text(min_size=0, max_size=40)
names = st.text(st.characters(blacklist_characters="*", blacklist_categories=("Cs", "Zs", "Cc")), min_size=1)
streets = st.text("文三路中山大道人民街", min_size=1, max_size=6)


class TestMaskName(UnitTest):
	def test_known_names(self):
		for name, mask in (
			("王小明", "王**"),
			("王明", "王*"),
			("王", "王*"),
			("欧阳小小明", "欧***"),
			("John Smith", "J***"),
			("  王明 ", "王*"),
			("", ""),
			(None, ""),
			("王*", "王*"),
		):
			with self.subTest(name):
				self.assertEqual(mask_name(name), mask)

	@given(names)
	def test_only_the_first_character_stays(self, name):
		mask = mask_name(name)

		self.assertEqual(mask[0], name[0])
		self.assertEqual(set(mask[1:]), {"*"})
		self.assertLessEqual(len(mask), 4)

	@given(texts)
	def test_twice_is_once(self, name):
		self.assertEqual(mask_name(mask_name(name)), mask_name(name))


class TestMaskMobile(UnitTest):
	def test_known_numbers(self):
		for mobile, mask in (
			("13812341234", "138****1234"),
			("+86 138-1234-1234", "138****1234"),
			("008613812341234", "138****1234"),
			("１３８１２３４１２３４", "138****1234"),
			("13812341234-6789", "138****1234"),
			("057188886666", "057****666"),
			("1234", "****"),
			("", ""),
			(None, ""),
			("138****1234", "138****1234"),
		):
			with self.subTest(mobile):
				self.assertEqual(mask_mobile(mobile), mask)

	@given(mobiles)
	def test_the_middle_four_digits_never_show(self, mobile):
		mask = mask_mobile(mobile)

		self.assertEqual(mask, f"{mobile[:3]}****{mobile[7:]}")
		self.assertEqual(sum(character.isdigit() for character in mask), 7)

	@given(numbers)
	@example("12345")
	def test_at_least_a_third_of_any_number_is_hidden(self, number):
		shown = sum(character.isdigit() for character in mask_mobile(number))

		self.assertLessEqual(shown, 7)
		self.assertLessEqual(3 * shown, 2 * len(number))

	@given(texts)
	def test_anything_typed_ends_up_masked(self, text):
		assume(text.strip())

		self.assertTrue(is_masked(mask_mobile(text)))
		self.assertEqual(mask_mobile(mask_mobile(text)), mask_mobile(text))


class TestMaskAddress(UnitTest):
	def test_known_addresses(self):
		for address, mask in (
			("文三路 90 号 5 楼", "文三路***"),
			("中山大道西108号", "中山大道***"),
			("人民南路一段86号2单元301", "人民南路***"),
			("万科城市花园12栋3单元", "万科城市花园***"),
			("", ""),
			(None, ""),
			("文三路***", "文三路***"),
		):
			with self.subTest(address):
				self.assertEqual(mask_address(address), mask)

	@given(streets, st.integers(1, 9999), st.integers(1, 99))
	def test_no_number_stays(self, street, house, floor):
		mask = mask_address(f"{street}{house}号{floor}楼")

		self.assertFalse(any(character.isdigit() for character in mask), mask)
		self.assertTrue(mask.endswith("***"))

	@given(texts)
	def test_at_most_twelve_characters_stay(self, text):
		assume(text.strip() and not is_masked(text))
		mask = mask_address(text)

		self.assertTrue(is_masked(mask))
		self.assertLessEqual(len(mask), 15)
		self.assertEqual(mask_address(mask), mask)


class TestNormaliseMobile(UnitTest):
	@given(
		mobiles, st.sampled_from(("", "+86", "86", "0086", "+86 ")), st.sampled_from(("", "-1234", "转88"))
	)
	def test_country_code_and_extension_are_dropped(self, mobile, prefix, extension):
		self.assertEqual(normalise_mobile(prefix + mobile + extension), mobile)

	@given(texts)
	def test_result_is_ascii_digits(self, text):
		self.assertRegex(normalise_mobile(text), r"^[0-9]*$")


class TestGetTail(UnitTest):
	def test_tail_of_raw_and_masked_numbers(self):
		for mobile, tail in (
			("13812345678", "5678"),
			("138****5678", "5678"),
			("138****", ""),
			("123", ""),
			("", ""),
			(None, ""),
		):
			with self.subTest(mobile):
				self.assertEqual(get_tail(mobile), tail)
