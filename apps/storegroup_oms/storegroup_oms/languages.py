"""The language of what a background job says: that of whoever it works for, else the site's."""

import frappe
from frappe.translate import get_user_lang


def speak_for(user: str) -> None:
	"""From here on texts are in the language of a user; of one who has chosen none in the site's."""
	frappe.local.lang = get_user_lang(user)


def start_job(**job: object) -> None:
	"""The hook `before_job`: a job begins in English otherwise, whoever reads what it writes."""
	speak_for(frappe.session.user)
