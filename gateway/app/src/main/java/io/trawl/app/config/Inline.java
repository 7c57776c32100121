package io.trawl.app.config;

import static java.lang.annotation.ElementType.RECORD_COMPONENT;
import static java.lang.annotation.RetentionPolicy.RUNTIME;

import java.lang.annotation.Retention;
import java.lang.annotation.Target;

/**
 * A record inside a config record whose keys stand beside the others, not in a group of their own.
 */
@Retention(RUNTIME)
@Target(RECORD_COMPONENT)
public @interface Inline {}
