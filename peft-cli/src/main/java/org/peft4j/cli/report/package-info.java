/** Pages with the curves of runs. */
@NullMarked
package org.peft4j.cli.report;

import org.jspecify.annotations.NullMarked;
