#ifndef ALERT_PRIVACY_H
#define ALERT_PRIVACY_H

/*
 * What must never stand in a warning: numbers that belong to a person, and addresses that a resident might
 * open. Numbers are recognised in full-width digits and with blanks or hyphens between them. What was found
 * is never repeated whole: a problem shows it masked.
 */
enum privacy_find {
	PRIVACY_NOTHING,
	PRIVACY_IDENTITY, /* 18 digits (or 17 and X) with the check digit, or with a date of birth */
	PRIVACY_CARD, /* 13–19 digits that pass Luhn's check, written as cards are */
	PRIVACY_MOBILE, /* a mainland mobile number that is not in `phones` */
};

#define PRIVACY_MASK 32 /* bytes of the masked form */

/*
 * The first number in `text` that has no place in it, and its masked form ("138****0001"). `phones` is
 * NULL-ended or NULL: mobile numbers that are allowed, as people write them.
 */
enum privacy_find privacy_numbers(const char *text, char *const *phones, char masked[PRIVACY_MASK]);

enum link_find {
	LINK_NOTHING,
	LINK_ADDRESS, /* http://…, www.…, example.com */
	LINK_CONTACT, /* a WeChat or QQ account to add */
};

#define LINK_TEXT 64 /* bytes of what was found, cut */

/*
 * The first link in `text`, written to `found`. Addresses whose host is `allowed_host` (or NULL) are passed over.
 */
enum link_find privacy_links(const char *text, const char *allowed_host, char found[LINK_TEXT]);

#endif
