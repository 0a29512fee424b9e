/** The home ({@code .cairn}): where it is, and which runs it holds. */
@NullMarked
package dev.cairn.run.home;

import org.jspecify.annotations.NullMarked;
