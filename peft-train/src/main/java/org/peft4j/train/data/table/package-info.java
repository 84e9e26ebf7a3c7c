/** Rows of examples with fields by name, from tables, lists of objects and tagged texts. */
@NullMarked
package org.peft4j.train.data.table;

import org.jspecify.annotations.NullMarked;
