/** Which times a schedule names: cron expressions and fixed intervals, in a time zone and across its changes. */
@NullMarked
package dev.cairn.workflow.cron;

import org.jspecify.annotations.NullMarked;
