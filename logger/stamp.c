/* Spells moments; see stamp.h. */
#include "logger/stamp.h"

#include <stdint.h>
#include <string.h>

#include "libsv/tai.h"

enum {
	DAY = 86400,
	DAYS_OF_400_YEARS = 146097,
	DAYS_0000_03_01_TO_1970 = 719468,
};

struct date {
	unsigned year, month, day;
};

/* The Gregorian date of a day counted from 1970-01-01.  The year is taken to begin in March, so that
 * the leap day is its last and the lengths of the months follow one straight line. */
static struct date date_of(int64_t day)
{
	int64_t shifted = day + DAYS_0000_03_01_TO_1970;
	int64_t era =
		(shifted >= 0 ? shifted : shifted - (DAYS_OF_400_YEARS - 1)) / DAYS_OF_400_YEARS;
	unsigned day_of_era = (unsigned)(shifted - era * DAYS_OF_400_YEARS);
	unsigned leap_days = day_of_era / 1460 - day_of_era / 36524 + day_of_era / 146096;
	unsigned year = (day_of_era - leap_days) / 365;
	unsigned day_of_year = day_of_era - (365 * year + year / 4 - year / 100);
	unsigned month = (5 * day_of_year + 2) / 153;

	return (struct date){
		.year = year + (unsigned)(era * 400) + (month >= 10),
		.month = month < 10 ? month + 3 : month - 9,
		.day = day_of_year - (153 * month + 2) / 5 + 1,
	};
}

static void put_digits(char *to, size_t digits, unsigned long value)
{
	while (digits-- > 0) {
		to[digits] = (char)('0' + value % 10);
		value /= 10;
	}
}

static size_t put_iso(char *to, struct timespec now, long east)
{
	static const char form[] = "0000-00-00 00:00:00.000000000  ";
	int64_t local = (int64_t)now.tv_sec + east;
	int64_t day = (local >= 0 ? local : local - (DAY - 1)) / DAY;
	unsigned second = (unsigned)(local - day * DAY);
	struct date date = date_of(day);

	memcpy(to, form, sizeof form - 1);
	put_digits(to, 4, date.year);
	put_digits(to + 5, 2, date.month);
	put_digits(to + 8, 2, date.day);
	put_digits(to + 11, 2, second / 3600);
	put_digits(to + 14, 2, second / 60 % 60);
	put_digits(to + 17, 2, second % 60);
	put_digits(to + 20, 9, (unsigned long)now.tv_nsec);
	return sizeof form - 1;
}

struct stamp stamp_make(unsigned kinds, struct timespec now, long east)
{
	struct stamp stamp = {.size = 0};

	if (kinds & STAMP_TAI64N) {
		sv_tai_text(stamp.text, now);
		stamp.text[SV_TAI_TEXT] = ' ';
		stamp.size = SV_TAI_TEXT + 1;
	}
	if (kinds & STAMP_ISO)
		stamp.size += put_iso(stamp.text + stamp.size, now, east);
	return stamp;
}
