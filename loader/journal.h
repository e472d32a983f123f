/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * journal.h - what a switch has changed on the host, written before each change, undone backwards.
 */
#pragma once

#include "nl.h"
#include "tables.h"

#define JOURNAL_FIRST 1 /* 0 is journal_hurry()'s */

struct journal {
	const struct tables *tables;
	uint32_t next; /* sequence number; at the beginning JOURNAL_FIRST */
};

/*
 * journal_add() - notes that @val's change is about to be made; the caller makes it next. Undoing a
 * change that was never made does nothing.
 */
int journal_add(struct journal *journal, const struct evb_undo_val *val);

/*
 * journal_undo() - undoes everything, last first, each in the namespace that it was made in; the
 * program must be in that of the switch. What is not there any more is no error; the first real
 * error is returned after the rest has been done. journal_unlink() - without that namespace:
 * only the pinned links.
 */
int journal_undo(const struct tables *tables, const char *name);
int journal_unlink(const struct tables *tables, const char *name);

/*
 * journal_open() - to add to what is there. journal_undo_since() - what was added from @seq on.
 * journal_undo_port() - what was made for one port and device before @seq; ifindex 0: all of them.
 */
int journal_open(const struct tables *tables, struct journal *out);
int journal_undo_since(const struct tables *tables, const char *name, uint32_t seq);
int journal_undo_port(const struct tables *tables, const char *name, uint32_t port,
		      uint32_t ifindex, uint32_t seq);

/*
 * journal_hurry() - for a command that attaches or detaches @n programs: each of them waits for all
 * CPUs below the lock of all network configuration, 15 ms or so, and 50 us while the kernel's
 * rcu_expedited is set. Set it is, where there are many; journal_calm() sets it back, and so does
 * journal_undo(), at its end. What cannot be set is left.
 */
void journal_hurry(const struct tables *tables, unsigned int n);
void journal_calm(const struct tables *tables);

/* entries in ascending order; stops at the first non-zero return of @fn, and returns it */
int journal_each(const struct tables *tables,
		 int (*fn)(uint32_t seq, const struct evb_undo_val *val, void *arg), void *arg);

/* is there such an entry? */
bool journal_has(const struct tables *tables, enum evb_undo what, uint32_t port, uint32_t ifindex);

/* takes out what is not to be undone any more: it has been set back already */
void journal_forget(const struct tables *tables, enum evb_undo what, uint32_t port,
		    uint32_t ifindex);

/* nl_link_lost() of an interface when the switch was attached; 0 when it is not known */
uint64_t journal_drops(const struct tables *tables, uint32_t ifindex);
/* sets it anew, where there is such an entry */
int journal_set_drops(const struct tables *tables, uint32_t ifindex, uint64_t dropped);
