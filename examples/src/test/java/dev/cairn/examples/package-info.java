/** The examples, run as tests: undisturbed, and killed at random moments and resumed. */
@NullMarked
package dev.cairn.examples;

import org.jspecify.annotations.NullMarked;
