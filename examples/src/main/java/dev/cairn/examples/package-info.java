/** An example of Cairn as a library in a Java program. */
@NullMarked
package dev.cairn.examples;

import org.jspecify.annotations.NullMarked;
