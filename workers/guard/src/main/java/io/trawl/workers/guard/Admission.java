package io.trawl.workers.guard;

/** The answer to who wants to call: a ticket, or why not now. */
public sealed interface Admission permits Ticket, Refusal {}
