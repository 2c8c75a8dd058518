"""Write the sample tables beside this file: python data/samples/make.py."""

from pathlib import Path

from segmentclient.datasets import load_sample


def write(folder: Path) -> None:
    """Write both tables as UTF-8 text, one line a row, the same bytes on every system."""
    for name, table in load_sample()._asdict().items():
        table.to_csv(folder / f"{name}.csv", index=False, lineterminator="\n", date_format="%Y-%m-%d")


if __name__ == "__main__":
    write(Path(__file__).parent)
