/** Every room that declares something in the catalogue: imported for its declarations, before they are compared. DS-1. */
import '@meridian/accounts';
import '@meridian/ai';
import '@meridian/clearing';
import '@meridian/fix';
import '@meridian/messages';
import '@meridian/reference';
import '@meridian/risk';
import '@meridian/security';
import '@meridian/store';
import '@meridian/trading';
import '@meridian/venue';
import './catalogue.ts';
import './log-fields.ts';
