/** Pure rules: from which image a step goes on, and whether it is tried again. */
@NullMarked
package dev.cairn.run.ladder;

import org.jspecify.annotations.NullMarked;
