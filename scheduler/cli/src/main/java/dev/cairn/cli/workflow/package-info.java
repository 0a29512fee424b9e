/** Commands about workflow files: validate, plan, schema. */
@NullMarked
package dev.cairn.cli.workflow;

import org.jspecify.annotations.NullMarked;
