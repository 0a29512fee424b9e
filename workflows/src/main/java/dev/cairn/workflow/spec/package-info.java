/**
 * The workflow file as it is written: one record per YAML object, absent keys as empty, nothing resolved.
 */
@NullMarked
package dev.cairn.workflow.spec;

import org.jspecify.annotations.NullMarked;
