/* Pads cells; see table.h. */
#include "svctl/table.h"

enum { GAP = 2 };

static const char *const colours[] = {
	[TABLE_PLAIN] = "",
	[TABLE_GREEN] = "\033[32m",
	[TABLE_YELLOW] = "\033[33m",
	[TABLE_RED] = "\033[31m",
};

/* Characters, that is bytes that do not continue one. */
static size_t width_of(const char *cell, size_t size)
{
	size_t width = 0;

	for (size_t i = 0; i < size; i++)
		width += ((unsigned char)cell[i] & 0xc0) != 0x80;
	return width;
}

void table_widen(struct table *table, const struct table_row *row, const char *cells)
{
	for (int column = 0; column < TABLE_COLUMNS; column++) {
		size_t width = width_of(cells, row->size[column]);
		if (width > table->width[column])
			table->width[column] = width;
		cells += row->size[column];
	}
}

static void add_spaces(struct text *text, size_t count)
{
	while (count-- > 0)
		text_bytes(text, " ", 1);
}

static void add_cell(struct text *text, const char *cell, size_t size, const char *colour)
{
	text_add(text, colour);
	text_bytes(text, cell, size);
	if (colour[0])
		text_add(text, "\033[0m");
}

void table_line(struct text *text, const struct table *table, const struct table_row *row,
	const char *cells)
{
	/* Held back until a cell follows that is not empty. */
	size_t spaces = 0;

	for (int column = 0; column < TABLE_COLUMNS; column++) {
		size_t size = row->size[column];
		size_t rest = table->width[column] - width_of(cells, size);
		const char *colour = column == TABLE_COLOURED ? colours[row->colour] : "";

		if (table->is_right[column])
			spaces += rest;
		if (size > 0) {
			add_spaces(text, spaces);
			add_cell(text, cells, size, colour);
			spaces = 0;
		}
		spaces += GAP + (table->is_right[column] ? 0 : rest);
		cells += size;
	}
	text_bytes(text, "\n", 1);
}
