"""Left-out libraries can be imported and refuse to be used."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def run(code: str) -> str:
	"""What a fresh interpreter prints, with the stand-ins installed here and not by the environment (-S)."""
	start = f"import sys; sys.path.insert(0, {str(ROOT)!r}); from runtime import absent; absent.install(); absent.install()\n"
	return subprocess.run(
		[sys.executable, "-S", "-c", start + code], capture_output=True, text=True, check=True
	).stdout


def test_names_of_a_left_out_library_can_be_imported():
	assert run("from dropbox.files import WriteMode\nprint(WriteMode.__name__)") == "WriteMode\n"


def test_using_one_says_what_to_install():
	code = "import boto3\ntry: boto3.client('s3')\nexcept ImportError as error: print(error)"

	assert run(code) == "boto3 is not part of this runtime. To use it: env/bin/pip install boto3\n"


def test_there_is_one_finder_and_other_libraries_stay_missing():
	code = "print(sum(type(f).__name__ == '_AbsentFinder' for f in sys.meta_path))\ntry: import boto9\nexcept ModuleNotFoundError: print('missing')"

	assert run(code) == "1\nmissing\n"
