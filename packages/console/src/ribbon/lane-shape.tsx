import { useText } from '../i18n/use-text.ts';
import { type Axis, type BatchShape, batchShape, sessionShapes } from './geometry.ts';
import type { RibbonLane } from './ribbon-data.ts';
import { text } from './text.ts';

interface LaneShapeProps {
  readonly lane: RibbonLane;
  readonly axis: Axis;
  readonly now: number;
  readonly y: number;
}

/** One market's lane: sessions above, batches below. */
export function LaneShape({ lane, axis, now, y }: LaneShapeProps) {
  return (
    <g>
      <line x1={0} x2={axis.width} y1={y - 2} y2={y - 2} className="hour" />
      {sessionShapes(lane.sessions, lane.zone, axis, now).map((session) => (
        <g key={session.x} className={session.live ? 'session live' : 'session'}>
          <rect x={session.x} y={session.thin ? y + 6 : y + 2} width={session.width} height={session.thin ? 3 : 11} />
          {session.text !== '' && (
            <text x={session.x + 5} y={y + 11}>
              {session.text}
            </text>
          )}
        </g>
      ))}
      {lane.batches.map((batch) => {
        const shape = batchShape(batch, axis, now);
        return shape === null ? null : <Batch key={batch.id} shape={shape} y={y + 17} />;
      })}
    </g>
  );
}

function Batch({ shape, y }: { readonly shape: BatchShape; readonly y: number }) {
  const words = useText(text);
  return (
    <g className={`batch ${shape.state}`}>
      {shape.steps.map((step) => (
        <g key={step.name} className={`step ${step.state}`}>
          <rect x={step.x + 0.5} y={y + 0.5} width={Math.max(1.5, step.width - 1.5)} height={11}>
            <title>{`${step.name} · ${words.states[step.state]}`}</title>
          </rect>
          {step.state === 'failed' && <path d={`M${step.x + 2} ${y + 3}l6 6m0 -6l-6 6`} />}
        </g>
      ))}
      {shape.slack !== null && <line x1={shape.slack[0]} x2={shape.slack[1]} y1={y + 6} y2={y + 6} className="slack" />}
      {shape.deadline !== null && <rect x={shape.deadline - 1} y={y} width={2} height={12} className="deadline" />}
      {shape.label !== null && (
        <text x={shape.label.x} y={y + 10} textAnchor={shape.label.anchor}>
          {shape.label.text}
        </text>
      )}
    </g>
  );
}
