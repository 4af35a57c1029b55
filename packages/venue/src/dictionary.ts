import { compileDictionary, type Dictionary, FIX44 } from '@meridian/fix';

/** FIX 4.4, compiled once for all sessions of a process. */
export const dictionary: Dictionary = compileDictionary(FIX44);
