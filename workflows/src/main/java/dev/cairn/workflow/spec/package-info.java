/** The workflow file as written: one record per YAML object, absent keys empty, nothing resolved. */
@NullMarked
package dev.cairn.workflow.spec;

import org.jspecify.annotations.NullMarked;
