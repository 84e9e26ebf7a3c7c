/** Tests of pages about runs. */
@NullMarked
package org.peft4j.train.report;

import org.jspecify.annotations.NullMarked;
