"""What every chart is drawn with: sheets, scales, texts, cells and rows; nothing here knows what customers are."""
