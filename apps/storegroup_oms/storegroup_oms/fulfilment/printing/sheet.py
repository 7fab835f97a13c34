"""A page drawn in millimetres from its upper left corner. Pure; remembers what it could not show."""

from io import BytesIO

from reportlab import rl_config
from reportlab.graphics.barcode import qrencoder
from reportlab.graphics.barcode.code128 import Code128
from reportlab.lib.units import mm
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

from storegroup_oms.fulfilment.printing import fonts
from storegroup_oms.fulfilment.printing.documents import (
	LOGO_UNREADABLE,
	MISSING_GLYPH,
	NARROW_BARCODE,
	TEXT_CUT,
	Pdf,
	Problem,
)

# A dot of a printer with 203 dots per inch. Bars are whole dots wide, or they print unevenly.
DOT_MM = 0.125
QUIET_MODULES = 10
NARROWEST_DOTS = 2
WIDEST_DOTS = 4
QR_MASK = 2
BOLD = 0.035
MAX_LOGO_BYTES = 2_000_000
MAX_LOGO_PIXELS = 4_000_000


class Sheet:
	"""A file being drawn page by page; `parcel` is whose problems are noted."""

	def __init__(self, width_mm: float, height_mm: float, title: str) -> None:
		self.width, self.height = width_mm, height_mm
		self.parcel = ""
		self.pages = 0
		self.problems: list[Problem] = []
		self.font = fonts.load_font()
		self._shift = (0.0, 0.0)
		# Streams as they are: written as ASCII they are a quarter larger and slower.
		rl_config.useA85 = 0
		self._buffer = BytesIO()
		self._canvas = Canvas(
			self._buffer, pagesize=(width_mm * mm, height_mm * mm), pageCompression=1, invariant=1
		)
		self._canvas.setTitle(title)
		self._canvas.setLineJoin(1)
		self._logo: tuple[bytes, ImageReader | None] | None = None

	def shift(self, x_mm: float, y_mm: float) -> None:
		"""Move all that follows right and down, for a printer whose paper lies askew."""
		self._shift = (x_mm, y_mm)

	def end_page(self) -> None:
		self._canvas.showPage()
		self.pages += 1

	def finish(self, printed: tuple[str, ...] = ()) -> Pdf:
		"""The file. A file without any page gets an empty one, so that it opens."""
		if not self.pages:
			self._canvas.showPage()
		self._canvas.save()
		return Pdf(self._buffer.getvalue(), self.pages, printed, tuple(self.problems))

	def note_problem(self, code: str, detail: str = "") -> None:
		"""Remember a problem of the present parcel, once."""
		problem = Problem(self.parcel, code, detail)
		if problem not in self.problems[-20:]:
			self.problems.append(problem)

	def clean(self, text: str | None) -> str:
		"""The text as the font can show it; what it can't is noted."""
		shown, lacking = fonts.clean(text)
		if lacking:
			self.note_problem(MISSING_GLYPH, lacking)
		return shown

	def draw_text(
		self, x: float, y: float, text: str, size: float, bold: bool = False, align: str = "left"
	) -> None:
		"""One line with its baseline at `y`; `align` says what `x` is of it. The text must be clean."""
		canvas = self._canvas
		left, bottom = self._place(x, y)
		if align != "left":
			left -= fonts.get_width(text, size) * (1 if align == "right" else 0.5)
		line = canvas.beginText(left, bottom)
		line.setFont(self.font, size)
		if bold:
			canvas.setLineWidth(size * BOLD)
			line.setTextRenderMode(2)
		line.textOut(text)
		if bold:
			line.setTextRenderMode(0)
		canvas.drawText(line)

	def fit_text(
		self,
		x: float,
		y: float,
		text: str | None,
		width: float,
		sizes: tuple[float, ...],
		bold: bool = False,
		align: str = "left",
		is_middle: bool = False,
	) -> None:
		"""One line, cleaned, at the largest of `sizes` (falling) that fits into `width` mm; cut at the last one.

		`y` is the baseline, or the middle of the line.
		"""
		shown = self.clean(text)
		size = next((size for size in sizes if fonts.get_width(shown, size) <= width * mm), 0)
		if not size:
			self.note_problem(TEXT_CUT, shown)
			size = sizes[-1]
			shown = fonts.cut(shown, size, width * mm)
		# Capitals stand about 0.72 of their size high.
		base = y + size * 0.36 / mm if is_middle else y
		self.draw_text(x, base, shown, size, bold, align)

	def cut_text(self, x: float, y: float, text: str | None, width: float, size: float) -> None:
		"""One line, cleaned, cut at `width` mm; a cut is not a problem here."""
		self.draw_text(x, y, fonts.cut(self.clean(text), size, width * mm), size)

	def fill_box(
		self,
		x: float,
		y: float,
		text: str | None,
		width: float,
		height: float,
		sizes: tuple[float, ...],
		bold: bool = False,
	) -> float:
		"""Wrapped lines from `y` down, at the largest of `sizes` that fits into the box; returns the height used in mm."""
		shown = self.clean(text)
		for size in sizes:
			lines = fonts.wrap(shown, size, width * mm)
			room = max(int(height * mm / (size * 1.25)), 1)
			if len(lines) <= room:
				break
		else:
			self.note_problem(TEXT_CUT, shown)
			rest = "".join(lines[room - 1 :])
			lines = [*lines[: room - 1], fonts.cut(rest + "…", size, width * mm)]
		step = size * 1.25 / mm
		for number, line in enumerate(lines):
			self.draw_text(x, y + step * number + size * 0.92 / mm, line, size, bold)
		return step * len(lines)

	def draw_rule(
		self, x: float, y: float, to_x: float, to_y: float, thick: float = 0.25, dashed: bool = False
	) -> None:
		"""A line between two points; `thick` in mm."""
		canvas = self._canvas
		canvas.setLineWidth(thick * mm)
		canvas.setDash(*((2, 2) if dashed else ()))
		canvas.line(*self._place(x, y), *self._place(to_x, to_y))
		if dashed:
			canvas.setDash()

	def draw_box(self, x: float, y: float, width: float, height: float, filled: bool = False) -> None:
		"""A rectangle, its upper left corner at (x, y)."""
		self._canvas.setLineWidth(0.25 * mm)
		left, top = self._place(x, y)
		self._canvas.rect(left, top - height * mm, width * mm, height * mm, stroke=not filled, fill=filled)

	def draw_mark(self, x: float, y: float, side: float, character: str) -> None:
		"""A black square with a white character."""
		self.draw_box(x, y, side, side, filled=True)
		self._canvas.setFillGray(1)
		size = side * mm * 0.7
		self.draw_text(x + side / 2, y + side / 2 + size * 0.36 / mm, character, size, align="center")
		self._canvas.setFillGray(0)

	def draw_barcode(self, x: float, y: float, value: str, width: float, height: float) -> None:
		"""Code 128 in the middle of `width` mm, with quiet zones inside it and bars of whole printer dots.

		`value` must be `is_encodable`. Bars that would be narrower than two dots are drawn narrower and noted.
		"""
		code = Code128(value, barWidth=1, barHeight=1, quiet=0)
		modules = code.width + 2 * QUIET_MODULES
		dots = int(width / DOT_MM / modules)
		if dots < NARROWEST_DOTS:
			self.note_problem(NARROW_BARCODE, value)
		module = min(dots, WIDEST_DOTS) * DOT_MM if dots else width / modules
		code = Code128(value, barWidth=module * mm, barHeight=height * mm, quiet=0)
		left, bottom = self._place(_snap(x + (width - code.width / mm) / 2), y + height)
		code.drawOn(self._canvas, left, bottom)

	def draw_qr(self, x: float, y: float, value: str, side: float) -> None:
		"""A QR code in a square of `side` mm, its quiet zone inside it."""
		code = qrencoder.QRCode(None, qrencoder.QRErrorCorrectLevel.M)
		code.addData(value)
		# Trying all eight masks for the prettiest one takes most of a label's time; any of them can be read.
		code.version = code.calculate_version()
		code.makeImpl(False, QR_MASK)
		count = code.getModuleCount()
		dots = int(side / DOT_MM / (count + 8))
		module = dots * DOT_MM if dots else side / (count + 8)
		rest = (side - module * (count + 8)) / 2
		x, y = _snap(x + rest), _snap(y + rest)
		path = self._canvas.beginPath()
		for row, cells in enumerate(code.modules):
			for first, length in _find_runs(cells):
				left, top = self._place(x + (first + 4) * module, y + (row + 4) * module)
				path.rect(left, top - module * mm, length * module * mm, module * mm)
		self._canvas.drawPath(path, stroke=0, fill=1)

	def draw_logo(self, x: float, y: float, content: bytes, width: float, height: float) -> None:
		"""A picture inside a box; one that can't be read is left out and noted."""
		if self._logo is None or self._logo[0] is not content:
			self._logo = (content, self._read_logo(content))
		picture = self._logo[1]
		if picture:
			left, top = self._place(x, y)
			self._canvas.drawImage(
				picture,
				left,
				top - height * mm,
				width * mm,
				height * mm,
				mask="auto",
				preserveAspectRatio=True,
				anchor="nw",
			)

	def _read_logo(self, content: bytes) -> ImageReader | None:
		try:
			picture = ImageReader(BytesIO(content)) if len(content) <= MAX_LOGO_BYTES else None
			if picture and picture.getSize()[0] * picture.getSize()[1] <= MAX_LOGO_PIXELS:
				picture.getRGBData()
				return picture
		except Exception:
			# Any file may be attached; what is no picture is told like one that is too large.
			pass
		self.problems.append(Problem("", LOGO_UNREADABLE))
		return None

	def _place(self, x: float, y: float) -> tuple[float, float]:
		return (x + self._shift[0]) * mm, (self.height - y - self._shift[1]) * mm


def _snap(place: float) -> float:
	"""The nearest dot of the printer, in mm: bars that begin between two dots come out uneven."""
	return round(place / DOT_MM) * DOT_MM


def is_encodable(value: str) -> bool:
	"""True when Code 128 can hold the text: printable ASCII, at most 40 characters."""
	return 0 < len(value) <= 40 and value.isascii() and value.isprintable()


def _find_runs(cells: list) -> list[tuple[int, int]]:
	runs: list[tuple[int, int]] = []
	for index, cell in enumerate(cells):
		if not cell:
			continue
		if runs and sum(runs[-1]) == index:
			runs[-1] = (runs[-1][0], runs[-1][1] + 1)
		else:
			runs.append((index, 1))
	return runs
