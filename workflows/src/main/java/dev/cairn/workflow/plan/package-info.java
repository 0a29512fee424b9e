/** The plan: references resolved, defaults applied, matrices expanded; immutable. */
@NullMarked
package dev.cairn.workflow.plan;

import org.jspecify.annotations.NullMarked;
