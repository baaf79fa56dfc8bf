/**
 * Schemas that are compiled need `new Function`, which the content security policy refuses and
 * reports. Imported before anything that makes a schema.
 */
import { config } from 'zod';

config({ jitless: true });
