/**
 * The engines {@code native}, {@code app} and {@code none}: each step runs below its own {@code cairn-supervisor},
 * reached through {@code libcairn.so}.
 *
 * <p>Start with {@link dev.cairn.engine.supervised.SupervisedEngines}. No other package uses JNA. {@code
 * native/docs/supervisor.md} specifies the files that the supervisor reads and writes.
 */
@NullMarked
package dev.cairn.engine.supervised;

import org.jspecify.annotations.NullMarked;
