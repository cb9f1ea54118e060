import './edit.css';
import { Button, Input } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useWording } from '../app/preferences.ts';
import { Field } from '../look/field.tsx';
import { ParamValue } from '../look/param-value.tsx';
import { useParamWords } from '../look/param-words.tsx';
import { Said } from '../look/values.tsx';
import { type Drafts, type ParamFields, readParam, writeParam } from '../pure/param-fields.ts';

interface ParamInputProps {
  readonly label: string;
  readonly help?: string;
  /** Null: it is any text. */
  readonly fields: ParamFields | null | undefined;
  readonly text: string;
  readonly onChange: (next: string) => void;
  /** What the API finds wrong, by field; with the whole of it at ''. */
  readonly problems: ReadonlyMap<string, string>;
}

/** A parameter that a person gives: its fields, where its job says which there are, else a text. Fields are a text as well. */
export function ParamInput(props: ParamInputProps) {
  return props.fields == null ? <TextParam {...props} /> : <FieldsParam {...props} fields={props.fields} />;
}

function TextParam({ label, help, text, onChange, problems }: ParamInputProps) {
  const wording = useWording();
  const said = [...problems].map(([name, problem]) => `${name} ${wording(problem)}`.trim()).join('; ');
  return (
    <Field label={label} help={help} problem={said === '' ? null : said}>
      {(input) => (
        <Input.TextArea
          {...input}
          rows={4}
          className="mono"
          value={text}
          onChange={({ target }) => onChange(target.value)}
        />
      )}
    </Field>
  );
}

function FieldsParam(props: ParamInputProps & { readonly fields: ParamFields }) {
  const { label, fields, text, onChange, problems } = props;
  const { t } = useTranslation();
  const words = useParamWords();
  // What is half typed is no value yet, so it is kept here beside the text.
  const [drafts, setDrafts] = useState<Drafts | null>(() => readParam(fields, text));
  if (drafts === null) {
    const read = readParam(fields, text);
    return (
      <div className="stack tight">
        <TextParam {...props} help={t(read === null ? 'param.noFields' : 'param.textHelp')} />
        <Turn isOff={read === null} text={t('param.asFields')} onTurn={() => setDrafts(read)} />
      </div>
    );
  }
  const set = (name: string, draft: string | null) => {
    const next = { ...drafts, [name]: draft };
    setDrafts(next);
    onChange(writeParam(fields, next));
  };
  const whole = problems.get('');
  return (
    <fieldset className="edge-item param-form">
      <legend>{label}</legend>
      <div className="settings">
        {Object.entries(fields).map(([name, field]) => (
          <Field
            key={name}
            label={field.required === true ? t('param.labelRequired', { name }) : name}
            help={words({ ...field, required: false })}
            problem={problems.get(name) ?? null}
          >
            {(input) => (
              <ParamValue {...input} field={field} value={drafts[name] ?? null} onChange={(next) => set(name, next)} />
            )}
          </Field>
        ))}
      </div>
      {whole !== undefined && (
        <p className="wrong" role="alert">
          <Said text={whole} />
        </p>
      )}
      <Turn isOff={false} text={t('param.asText')} onTurn={() => setDrafts(null)} />
    </fieldset>
  );
}

const Turn = ({ isOff, text, onTurn }: { isOff: boolean; text: string; onTurn: () => void }) => (
  <span>
    <Button type="link" size="small" disabled={isOff} onClick={onTurn}>
      {text}
    </Button>
  </span>
);
