/** Who, where, whether connected, what waits; or what the user has to be told. */
import type { ReactNode } from 'react';
import type { Row } from '../rows/row.js';
import { Rows } from './primitives.js';

export const StatusLine = ({ row }: { readonly row: Row }): ReactNode => <Rows rows={[row]} />;
