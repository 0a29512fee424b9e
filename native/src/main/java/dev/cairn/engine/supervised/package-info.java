/**
 * The engines {@code native}, {@code app} and {@code none}: each step runs below its own {@code cairn-supervisor}, reached
 * through {@code libcairn.so}.
 *
 * <p>Start with {@link dev.cairn.engine.supervised.SupervisedEngines}. JNA is used here and nowhere else. What the
 * supervisor reads and leaves behind is specified in {@code native/docs/supervisor.md}.
 */
@NullMarked
package dev.cairn.engine.supervised;

import org.jspecify.annotations.NullMarked;
