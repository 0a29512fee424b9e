/**
 * What is to be run: references resolved, defaults applied, matrices multiplied; immutable.
 */
@NullMarked
package dev.cairn.workflow.plan;

import org.jspecify.annotations.NullMarked;
