/** Sites: the named places of a frozen model where something may be grafted. */
@NullMarked
package org.peft4j.site;

import org.jspecify.annotations.NullMarked;
