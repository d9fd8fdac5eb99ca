#ifndef BASE_LIST_H
#define BASE_LIST_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Intrusive doubly linked lists. A `struct link` sits inside the object; a `struct list` is a ring with a head. An
 * object's state is the list that it is on.
 */
struct link {
	struct link *next, *prev;
};

struct list {
	struct link head;
};

/* The object around a link: list_object(link, struct batch, on_state). */
#define list_object(link, type, member) ((type *)(void *)((char *)(link)-offsetof(type, member)))

static inline void list_init(struct list *list)
{
	list->head.next = list->head.prev = &list->head;
}

static inline bool list_empty(const struct list *list)
{
	return list->head.next == &list->head;
}

static inline void list_insert_after(struct link *where, struct link *link)
{
	link->prev = where;
	link->next = where->next;
	where->next->prev = link;
	where->next = link;
}

static inline void list_push_back(struct list *list, struct link *link)
{
	list_insert_after(list->head.prev, link);
}

/* Afterwards the link is on no list; removing it again does nothing. */
static inline void list_remove(struct link *link)
{
	if (link->next == NULL)
		return;
	link->prev->next = link->next;
	link->next->prev = link->prev;
	link->next = link->prev = NULL;
}

/* All of `from` goes to the end of `to`, in order. */
static inline void list_move(struct list *to, struct list *from)
{
	if (list_empty(from))
		return;
	struct link *first = from->head.next, *last = from->head.prev;
	first->prev = to->head.prev;
	to->head.prev->next = first;
	last->next = &to->head;
	to->head.prev = last;
	list_init(from);
}

/* NULL when empty. */
static inline struct link *list_first(const struct list *list)
{
	return list_empty(list) ? NULL : list->head.next;
}

/* NULL after the last. */
static inline struct link *list_next(const struct list *list, const struct link *link)
{
	return link->next == &list->head ? NULL : link->next;
}

#endif
