"""Order files on disk, larger than memory if need be: CSV and Parquet through DuckDB."""

from segmentclient.order_files.scan import scan_orders

__all__ = ["scan_orders"]
