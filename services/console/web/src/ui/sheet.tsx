/** A dialog over the page: focus stays in it, Esc closes it, the page behind keeps its state. */
import type { ReactNode } from 'react'
import { Button, Dialog, Heading, Modal, ModalOverlay } from 'react-aria-components'

export function Sheet({
  title,
  isOpen,
  onClose,
  children,
  mustAnswer = false,
}: {
  title: string
  isOpen: boolean
  onClose: () => void
  children: ReactNode
  /** Only what is in it closes it. */
  mustAnswer?: boolean
}) {
  return (
    <ModalOverlay
      className="overlay"
      isOpen={isOpen}
      onOpenChange={(open) => open || onClose()}
      isDismissable={!mustAnswer}
      isKeyboardDismissDisabled={mustAnswer}
    >
      <Modal className="modal">
        <Dialog className="sheet">
          <header>
            <Heading slot="title">{title}</Heading>
            {!mustAnswer && (
              <Button className="copy" aria-label="Close" onPress={onClose}>
                ✕
              </Button>
            )}
          </header>
          {children}
        </Dialog>
      </Modal>
    </ModalOverlay>
  )
}
