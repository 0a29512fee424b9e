/** The times of a schedule: cron expressions and fixed intervals, in a time zone with its clock changes. */
@NullMarked
package dev.cairn.workflow.cron;

import org.jspecify.annotations.NullMarked;
