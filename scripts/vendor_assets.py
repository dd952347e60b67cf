"""
Copy the browser assets that package.json names into static/vendor, with a manifest of what came from where.

`python scripts/vendor_assets.py` runs `npm ci --ignore-scripts` in a folder of its own, copies the named files, draws
the icons of scripts/vendored_icons.txt into one sprite, reads Plotly's style rules through Chromium, and writes
static/vendor/MANIFEST.json. The result is committed, so that nobody else needs Node or the network.
"""

import argparse
import hashlib
import json
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENDOR = ROOT / "static" / "vendor"
ICONS = ROOT / "scripts" / "vendored_icons.txt"
# package -> {file in the package: file under static/vendor/<package>}
FILES = {
    "bootstrap": {
        "dist/css/bootstrap.min.css": "bootstrap.min.css",
        "dist/js/bootstrap.bundle.min.js": "bootstrap.bundle.min.js",
        "LICENSE": "LICENSE",
    },
    "bootstrap-icons": {"LICENSE": "LICENSE"},
    "plotly.js-cartesian-dist-min": {"plotly-cartesian.min.js": "plotly-cartesian.min.js", "LICENSE": "LICENSE"},
    "tus-js-client": {"dist/tus.min.js": "tus.min.js", "LICENSE": "LICENSE"},
}
# Hashed static names cannot follow a reference to a map that is not shipped.
_MAP_REFERENCE = re.compile(rb"\n?(/\*|//)# sourceMappingURL=\S+( \*/)?\s*\Z")
_PLOTLY_RULES = """() => [...document.querySelector('[id="plotly.js-style-global"]').sheet.cssRules]
    .map(rule => rule.cssText).join("\\n")"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--chromium", default="/usr/bin/chromium", help="the browser that reads Plotly's style rules")
    browser = parser.parse_args().chromium
    with tempfile.TemporaryDirectory() as folder:
        modules = install(Path(folder))
        shutil.rmtree(VENDOR, ignore_errors=True)
        for package, files in FILES.items():
            copy(modules / package, VENDOR / package, files)
        write(VENDOR / "bootstrap-icons" / "icons.svg", sprite(modules / "bootstrap-icons" / "icons"))
        plotly = VENDOR / "plotly.js-cartesian-dist-min"
        write(plotly / "plotly.css", plotly_rules(plotly / "plotly-cartesian.min.js", browser))
        write(VENDOR / "MANIFEST.json", json.dumps(manifest(modules), indent=2) + "\n")


def install(folder: Path) -> Path:
    """Install exactly what package-lock.json says, without running any package's scripts."""
    for name in ("package.json", "package-lock.json"):
        shutil.copy(ROOT / name, folder)
    subprocess.run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"], cwd=folder, check=True)
    return folder / "node_modules"


def copy(package: Path, target: Path, files: dict[str, str]) -> None:
    target.mkdir(parents=True, exist_ok=True)
    for source, name in files.items():
        (target / name).write_bytes(_MAP_REFERENCE.sub(b"\n", (package / source).read_bytes()))


def sprite(folder: Path) -> str:
    """Draw the listed icons into one file of symbols."""
    symbols = []
    for name in ICONS.read_text(encoding="utf-8").split():
        shape = re.search(r"<svg[^>]*>(.*)</svg>", (folder / f"{name}.svg").read_text(encoding="utf-8"), re.S)
        if shape is None:
            raise SystemExit(f"The icon {name} has no shape.")
        symbols.append(f'<symbol id="{name}" viewBox="0 0 16 16">{"".join(shape[1].split(chr(10))).strip()}</symbol>')
    return '<svg xmlns="http://www.w3.org/2000/svg">\n' + "\n".join(symbols) + "\n</svg>\n"


def plotly_rules(script: Path, browser: str) -> str:
    """Read the rules that Plotly would put into the page, which a strict content security policy forbids."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        page = playwright.chromium.launch(executable_path=browser).new_page()
        page.set_content('<div id="figure"></div>')
        page.add_script_tag(path=script)
        page.evaluate("Plotly.newPlot('figure', [{y: [1]}])")
        return str(page.evaluate(_PLOTLY_RULES)) + "\n"


def write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")


def manifest(modules: Path) -> list[dict[str, str]]:
    """Name each file with the package, version and licence it came from, and its checksum."""
    entries = []
    for package in FILES:
        described = json.loads((modules / package / "package.json").read_text(encoding="utf-8"))
        for path in sorted((VENDOR / package).iterdir()):
            entries.append(
                {
                    "package": package,
                    "version": described["version"],
                    "licence": described["license"],
                    "file": f"{package}/{path.name}",
                    "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
                }
            )
    return entries


if __name__ == "__main__":
    main()
