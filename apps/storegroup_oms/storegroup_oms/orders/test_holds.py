"""Coded reasons are sets: stored once each, sorted, whatever is added or taken."""

from hypothesis import given
from hypothesis import strategies as st

from storegroup_oms.exceptions import InvalidValueError
from storegroup_oms.orders.holds import (
	HOLD_REASONS,
	STOP_REASONS,
	add_codes,
	join_codes,
	normalise_codes,
	parse_codes,
	remove_codes,
)
from storegroup_oms.tests.compat import IntegrationTest, UnitTest

FIELD_LENGTH = 500
code_sets = st.frozensets(st.sampled_from(sorted(HOLD_REASONS)))


class TestCodes(UnitTest):
	def test_stored_form_is_sorted_and_has_no_blanks(self):
		self.assertEqual(join_codes([" rule ", "manual", "", "rule"]), "manual,rule")
		self.assertEqual(parse_codes(" rule, ,manual,"), frozenset({"manual", "rule"}))
		self.assertEqual(parse_codes(None), frozenset())
		self.assertEqual(join_codes([]), "")

	@given(code_sets)
	def test_stored_and_read_again_is_the_same_set(self, codes):
		self.assertEqual(parse_codes(join_codes(codes)), codes)

	@given(code_sets, code_sets)
	def test_adding_is_union_and_taking_is_difference(self, codes, others):
		text = join_codes(codes)

		self.assertEqual(add_codes(text, *others), join_codes(codes | others))
		self.assertEqual(remove_codes(text, *others), join_codes(codes - others))

	@given(code_sets, st.sampled_from(sorted(HOLD_REASONS)))
	def test_each_reason_is_cleared_by_itself(self, codes, code):
		self.assertEqual(remove_codes(add_codes(join_codes(codes), code), code), join_codes(codes - {code}))

	def test_every_reason_at_once_fits_the_field(self):
		for reasons in (HOLD_REASONS, STOP_REASONS):
			self.assertLessEqual(len(join_codes(reasons)), FIELD_LENGTH)

	def test_each_code_is_a_word_with_a_meaning(self):
		for code, meaning in (*HOLD_REASONS.items(), *STOP_REASONS.items()):
			self.assertRegex(code, r"^[a-z]+(_[a-z]+)*$")
			self.assertTrue(meaning.endswith("."), meaning)

	def test_known_codes_pass(self):
		self.assertEqual(normalise_codes("rule,manual, rule", HOLD_REASONS), "manual,rule")

	def test_any_code_passes_where_no_list_is_given(self):
		self.assertEqual(normalise_codes("vip, gift"), "gift,vip")


class TestUnknownCode(IntegrationTest):
	def test_unknown_code_is_refused_by_name(self):
		with self.assertRaises(InvalidValueError) as caught:
			normalise_codes("rule,nonsense", HOLD_REASONS)

		self.assertIn("nonsense", str(caught.exception))
