/** Tests of rows. */
@NullMarked
package org.peft4j.train.data.table;

import org.jspecify.annotations.NullMarked;
