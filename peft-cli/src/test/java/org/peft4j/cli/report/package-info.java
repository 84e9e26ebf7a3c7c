/** Tests of pages about runs. */
@NullMarked
package org.peft4j.cli.report;

import org.jspecify.annotations.NullMarked;
