/** The home ({@code .cairn}): finds it, and lists the runs that it holds. */
@NullMarked
package dev.cairn.run.home;

import org.jspecify.annotations.NullMarked;
