/** Pages with the curves of runs. */
@NullMarked
package org.peft4j.train.report;

import org.jspecify.annotations.NullMarked;
