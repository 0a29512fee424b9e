/** The step {@code approval}: waits until a person approves it. */
@NullMarked
package dev.cairn.approval;

import org.jspecify.annotations.NullMarked;
