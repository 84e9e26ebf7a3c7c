/** JSON from files that others made, read within limits; and JSON files that are written whole. */
@NullMarked
package org.peft4j.internal.json;

import org.jspecify.annotations.NullMarked;
