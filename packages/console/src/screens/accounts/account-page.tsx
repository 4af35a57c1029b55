import { getRouteApi, useNavigate } from '@tanstack/react-router';
import { useKeys } from '../../keys/bindings.ts';
import { AccountView } from './account-view.tsx';
import { text } from './text.ts';

const route = getRouteApi('/accounts/$master');

/** One account tree at its own address. */
export default function AccountPage() {
  const { master } = route.useParams();
  const navigate = useNavigate();
  useKeys([
    {
      keys: 'Backspace',
      scope: 'page',
      label: { zh: text.zh.back, en: text.en.back },
      run: () => void navigate({ to: '/accounts' }),
    },
  ]);
  return <AccountView master={master} />;
}
