import path from 'node:path';
import { type DataFolder, writeWhole } from '../data-folder.ts';

/**
 * Where a new user's first password waits to be handed over: one file a user in the data folder, readable by the house's
 * owner only. It must be changed at first sign-in and is worth nothing afterwards. @throws Problem FOLDER_UNUSABLE
 */
export const handOverIn =
  (folder: DataFolder) =>
  async (user: string, password: string): Promise<void> =>
    writeWhole(path.join(folder.keys, 'first-password', `${user}.json`), { user, password });
