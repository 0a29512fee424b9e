/** The pages: runs, one run, schedules; rendered here, without inline scripts. */
@NullMarked
package dev.cairn.http.internal.page;

import org.jspecify.annotations.NullMarked;
