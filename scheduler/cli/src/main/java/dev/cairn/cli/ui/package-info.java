/** {@code cairn ui}: the pages of one home. */
@NullMarked
package dev.cairn.cli.ui;

import org.jspecify.annotations.NullMarked;
