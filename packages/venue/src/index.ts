export { venueShapes } from './catalogue.ts';

export { type BookListener, createOrderBook, type OrderBook } from './order-book.ts';
export { type OfficialPrice, type RecordedFile, type Recording, readRecording, recordingOf } from './recording.ts';
export { startVenue, type Venue, type VenueListingTerms, type VenueOptions, type VenueStatus } from './venue.ts';
export { NO_FAULTS } from './venue-command.ts';
export { executionId, type NumberedVenueEvent, readVenueEvent, type VenueEvent } from './venue-event.ts';
export { createVenueMachine, type VenueMachine } from './venue-machine.ts';
