/** The rules of the protocol over real connections, at one server: see target.ts. */
import { describeCases } from './cases.js';

describeCases();
