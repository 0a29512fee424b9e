/** End-to-end tests: the examples run undisturbed, and are killed at random moments and resumed. */
@NullMarked
package dev.cairn.examples;

import org.jspecify.annotations.NullMarked;
