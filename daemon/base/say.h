#ifndef BASE_SAY_H
#define BASE_SAY_H

/*
 * What people read, in Chinese and English. The English text is the message's name and stands in the code; its
 * Chinese stands in daemon/po/zh_CN/<room>.po (gettext's format, checked with msgfmt in the tests) and is compiled
 * in, so that both languages are there on every machine and in every locale.
 */
enum lang {
	LANG_ZH,
	LANG_EN,
};

/* Marks an English text that the catalogues must hold. Works as `_` does elsewhere, without looking anything up. */
#define N_(text) text

/* `text` in the language asked for; the English itself where the catalogue has none. Lives as long as the program. */
const char *say(enum lang lang, const char *text) __attribute__((format_arg(2)));

/* The language of LC_ALL, LC_MESSAGES or LANG, the first that is set: English where it begins with "en", else Chinese. */
enum lang say_locale(void);

#endif
